import decodeQR from 'qr/decode.js';

const SCALE = 4;

/** What a camera reads of a QR code as an SVG document. */
export const readQr = (svg: string): string => {
  const side = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const data = new Uint8Array(side * SCALE * side * SCALE * 4).fill(255);
  const dark = /stroke="#000" d="([^"]*)"/.exec(svg)?.[1] ?? '';
  let [x, y] = [0, 0];
  for (const [, command, first = '', second] of dark.matchAll(/([Mmh])(\d+)(?: ([\d.]+))?/g)) {
    if (command === 'M') [x, y] = [Number(first), Math.floor(Number(second))];
    if (command === 'm') x += Number(first);
    if (command !== 'h') continue;
    for (let row = y * SCALE; row < (y + 1) * SCALE; row += 1)
      for (let column = x * SCALE; column < (x + Number(first)) * SCALE; column += 1)
        data.fill(0, (row * side * SCALE + column) * 4, (row * side * SCALE + column) * 4 + 3);
    x += Number(first);
  }
  return decodeQR({ width: side * SCALE, height: side * SCALE, data });
};
