import { checkWebAddress } from '../../tools/web-address.ts';
import { invalidField } from '../errors.ts';

/**
 * The address of an endpoint as it is kept: https on its own port, and a public name.
 *
 * @throws {AppError} validationFailed naming `body.url`
 */
export function webhookUrl(text: string): string {
  const checked = checkWebAddress(text);
  if (!checked.ok) throw invalidField('body.url', `The address ${checked.reason}.`);
  return checked.url.href;
}
