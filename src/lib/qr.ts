import encodeQR from 'qr';

/** A text as a QR code: an SVG document. */
export const qrSvg = (text: string): string => encodeQR(text, 'svg', { ecc: 'medium' });
