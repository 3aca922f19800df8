type Fields = Readonly<Record<string, unknown>>;

/** The same data with every payer changed; payers stand in fields of these names. */
export const mapPayers = (data: unknown, change: (payer: Fields) => unknown, name = ''): unknown => {
  if (Array.isArray(data)) return data.map((item) => mapPayers(item, change, name));
  if (typeof data !== 'object' || data === null) return data;
  const mapped = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapPayers(value, change, key)]));
  return name === 'payer' || name === 'strictPayer' ? change(mapped) : mapped;
};
