/** Whether the payer is here, on a phone, or at another screen beside which the phone is. */
const phone = matchMedia('(max-width: 40rem)');

export const isPhone = (): boolean => phone.matches;
export const onDeviceChange = (listener: () => void): void => phone.addEventListener('change', listener);
