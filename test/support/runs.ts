/** The runs of a property: as many as given, or MAX_RUNS if that is fewer, as for each of many mutants. */
export const runs = (usual: number): number => Math.min(usual, Number(process.env.MAX_RUNS ?? usual));
