/** Whether a name is that of an execution of a DAG. Loads nothing of the product, which a mutant must come before. */
export const isDagCase = (name: string): boolean => name.startsWith('dag/');
