import encodeQR from 'qr';

/** The bytes that the largest code holds, at 15 % and at 7 % error correction. ISO/IEC 18004, table 7. */
const capacities = [
  ['medium', 2_331],
  ['low', 2_953],
] as const;

/** The runs of dark modules in a row, as a path through their middle. */
const pathOf = (row: readonly boolean[], y: number): string => {
  let [path, end] = ['', 0];
  for (let x = row.indexOf(true); x >= 0; x = row.indexOf(true, end)) {
    const light = row.indexOf(false, x);
    const from = path === '' ? `M${x} ${y}.5` : `m${x - end} 0`;
    end = light < 0 ? row.length : light;
    path += `${from}h${end - x}`;
  }
  return path;
};

/** A text as a QR code, an SVG document of at most 64 KiB; undefined for a text of more than 2,953 bytes in UTF-8. */
export const qrSvg = (text: string): string | undefined => {
  const bytes = Buffer.byteLength(text);
  const ecc = capacities.find(([, capacity]) => bytes <= capacity)?.[0];
  if (ecc === undefined) return undefined;
  const rows = encodeQR(text, 'raw', { ecc });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${rows.length} ${rows.length}" shape-rendering="crispEdges">`,
    `<path fill="#fff" d="M0 0h${rows.length}v${rows.length}H0z"/><path stroke="#000" d="${rows.map(pathOf).join('')}"/></svg>`,
  ].join('');
};

/** The same code for a terminal, in half blocks; undefined for a text that is too long. */
export const qrText = (text: string): string | undefined =>
  Buffer.byteLength(text) > capacities[1][1] ? undefined : encodeQR(text, 'ascii', { ecc: 'low' });
