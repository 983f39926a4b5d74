/** Something the person at the terminal can act on; shown without a stack. */
export class LocalCloudError extends Error {
  override readonly name = 'LocalCloudError';
}

export function portInUse(port: unknown): LocalCloudError {
  return new LocalCloudError(
    `Port ${port} is in use. Another local cloud may be running: stop it, or choose other ports with --port.`,
  );
}
