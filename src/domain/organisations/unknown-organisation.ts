import { AppError } from '../errors.ts';

/** For an organisation that is not there, and for one that the caller is no member of. */
export const unknownOrganisation = () => new AppError('notFound', 'There is no such organisation.');
