/** Columns by name and type: one declaration says what a statement selects and what its rows hold, and checks it. */
import type { Db, SqlParameter, SqlRow, SqlValue } from './engine.ts';

/** How a value of a column is recognized, and the expression that makes it where the table has no such column. */
interface Column<T extends SqlValue> {
  readonly is: (value: SqlValue | undefined) => value is T;
  readonly expression?: string;
}

export const text: Column<string> = { is: (value) => typeof value === 'string' };
export const integer: Column<number> = { is: (value) => typeof value === 'number' };
export const bytes: Column<Uint8Array> = { is: (value) => value instanceof Uint8Array };

export const textOrBytes: Column<string | Uint8Array> = {
  is: (value): value is string | Uint8Array => typeof value === 'string' || value instanceof Uint8Array,
};

/** Text of a closed list. */
export const textOf = <T extends string>(isOne: (value: string) => value is T): Column<T> => ({
  is: (value): value is T => typeof value === 'string' && isOne(value),
});

export const nullable = <T extends SqlValue>({ is }: Column<T>): Column<T | null> => ({
  is: (value): value is T | null => value === null || is(value),
});

/** What an expression makes, under the name of a column. */
export const computed = <T extends SqlValue>({ is }: Column<T>, expression: string): Column<T> => ({ is, expression });

type Definition = Readonly<Record<string, Column<SqlValue>>>;
type Values<D extends Definition> = { readonly [Name in keyof D]: D[Name] extends Column<infer T> ? T : never };

/** The columns of one table among several that are joined. */
export interface JoinedColumns<Row> {
  readonly list: string;
  /** Undefined where the join found no row of the table. Throws when a value is not of its column's type. */
  read(row: SqlRow): Row | undefined;
}

export interface Columns<Row> {
  /** The columns as SELECT and RETURNING list them. */
  readonly list: string;
  /** A row that a statement returned for these columns. Throws when a value is not of its column's type. */
  read(row: SqlRow): Row;
  /** The same of a table that is joined under this name. The first column is never null. */
  of(alias: string): JoinedColumns<Row>;
  /** Rows of a statement that returns these columns. Rejects when a value is not of its column's type. */
  all(db: Db, sql: string, values?: readonly SqlParameter[]): Promise<Row[]>;
  /** The first of those rows, when there is one. */
  first(db: Db, sql: string, values?: readonly SqlParameter[]): Promise<Row | undefined>;
}

const invalid = (name: string) => new Error(`The database returned no valid value of the column ${name}`);

/** A row of these columns. */
export type RowOf<C> = C extends Columns<infer Row> ? Row : never;

const join = <D extends Definition>(definition: D, alias: string): JoinedColumns<Values<D>> => {
  const entries = Object.entries(definition).map(([name, column]) => ({ name, column, as: `${alias}_${name}` }));
  const [first] = entries;
  return {
    list: entries.map(({ name, column, as }) => `${column.expression ?? `${alias}.${name}`} AS ${as}`).join(', '),
    read(row) {
      if (first && row[first.as] === null) return undefined;
      const values: Record<string, SqlValue | undefined> = {};
      for (const { name, column, as } of entries) {
        if (!column.is(row[as])) throw invalid(as);
        values[name] = row[as];
      }
      // Every column that the type names was checked.
      return values as Values<D>;
    },
  };
};

export const columns = <D extends Definition>(definition: D): Columns<Values<D>> => {
  const entries = Object.entries(definition);
  const read = (row: SqlRow): Values<D> => {
    for (const [name, { is }] of entries) if (!is(row[name])) throw invalid(name);
    // Every column that the type names was checked.
    return row as Values<D>;
  };
  const all: Columns<Values<D>>['all'] = async (db, sql, values) => (await db.all(sql, values)).map(read);
  return {
    list: entries.map(([name, { expression }]) => (expression ? `${expression} AS ${name}` : name)).join(', '),
    read,
    of: (alias) => join(definition, alias),
    all,
    async first(db, sql, values) {
      const [row] = await db.all(sql, values);
      return row && read(row);
    },
  };
};
