/** At most so many log lines a second; those beyond are counted. */
export interface LineBudget {
  /** Whether there is room for one more line in this second. */
  take(): boolean;
}

/** `onLeftOut` hears at the end of a second how many lines had no room in it. */
export const createLineBudget = (perSecond: number, onLeftOut: (count: number) => void): LineBudget => {
  let written = 0;
  let leftOut = 0;
  let isCounting = false;
  const endSecond = () => {
    if (leftOut > 0) onLeftOut(leftOut);
    written = 0;
    leftOut = 0;
    isCounting = false;
  };
  return {
    take() {
      if (!isCounting) setTimeout(endSecond, 1_000).unref();
      isCounting = true;
      const hasRoom = written < perSecond;
      if (hasRoom) written += 1;
      else leftOut += 1;
      return hasRoom;
    },
  };
};
