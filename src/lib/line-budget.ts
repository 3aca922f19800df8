/** Limits log lines per second; counts those that are left out. */
export interface LineBudget {
  /** Whether one more line may be written in this second. */
  take(): boolean;
}

/** Calls `onLeftOut` at the end of a second in which lines were left out, with their number. */
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
