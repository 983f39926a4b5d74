/** Ids of ours, and hashes of Git, both of which tell the time. */
const CHANGING = /([a-z]+)_[0-9a-z]{26}|[0-9a-f]{40}/g;

/** Gives what differs from run to run a name by the order of its coming, so that two runs can be compared. */
export function createMask(): (text: string) => string {
  const names = new Map<string, string>();
  return (text) =>
    text.replace(CHANGING, (id: string, kind: string | undefined) => {
      const name = names.get(id) ?? `${kind ?? 'sha'}-${names.size + 1}`;
      names.set(id, name);
      return name;
    });
}
