import { AppError } from '../errors.ts';

/** Who is in an organisation of an issuer, and as what, its tokens say. */
export const managedElsewhere = () =>
  new AppError(
    'organisationManaged',
    'Who is in this organisation, and as what, the issuer of its tokens says.',
  );
