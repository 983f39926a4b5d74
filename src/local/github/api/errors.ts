/** One entry of `errors` in a 422. */
export interface FieldError {
  resource: string;
  field?: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  message?: string;
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 422;

/** A refusal, thrown by handlers and written to the wire in one place. */
export class ApiError extends Error {
  readonly status: ErrorStatus;
  readonly errors: FieldError[] | undefined;

  constructor(status: ErrorStatus, message: string, errors?: FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** Also the answer for what exists but may not be seen. */
export const notFound = () => new ApiError(404, 'Not Found');
export const badCredentials = () => new ApiError(401, 'Bad credentials');
export const requiresAuthentication = () => new ApiError(401, 'Requires authentication');
export const emptyRepository = () => new ApiError(409, 'Git Repository is empty.');
export const unprocessable = (message: string) => new ApiError(422, message);
export const validationFailed = (...errors: FieldError[]) => new ApiError(422, 'Validation Failed', errors);

/** The JSON body of a refusal. */
export function errorBody(status: number, message: string, errors?: FieldError[]): object {
  return {
    message,
    ...(errors ? { errors } : {}),
    documentation_url: 'https://docs.github.com/rest',
    status: String(status),
  };
}
