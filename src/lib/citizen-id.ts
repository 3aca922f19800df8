const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const checks = '10X98765432';

/** Whether a text is a well-formed number of a Chinese resident identity card: its last character checks the rest. GB 11643-1999. */
export const isCitizenId = (text: string): boolean => {
  if (!/^\d{17}[\dX]$/.test(text)) return false;
  const sum = weights.reduce((total, weight, position) => total + weight * Number(text[position]), 0);
  return text[17] === checks[sum % 11];
};
