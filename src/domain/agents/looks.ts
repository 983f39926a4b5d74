import { AppError } from '../errors.ts';

/** A run can end or begin between two looks at an agent; so many in a row are an accident. */
export const LOOKS = 3;

export const agentKeepsChanging = () =>
  new AppError('unavailable', 'The agent keeps changing. Try again shortly.', { retryAfterSeconds: 1 });
