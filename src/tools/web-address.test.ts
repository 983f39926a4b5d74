import { describe, expect, it } from 'vitest';
import { checkWebAddress } from './web-address.ts';

/** Addresses that must not be asked, each with what is wrong with it. */
const HOSTILE: [url: string, reason: string][] = [
  // Other schemes, and none.
  ['http://api.example.com/', 'https'],
  ['ftp://api.example.com/', 'https'],
  ['file:///etc/passwd', 'https'],
  ['gopher://api.example.com/', 'https'],
  ['data:text/plain,x', 'https'],
  ['javascript:alert(1)', 'https'],
  ['ws://api.example.com/', 'https'],
  ['//api.example.com/', 'https'],
  ['api.example.com', 'https'],
  ['', 'https'],
  ['https:api.example.com', 'https'],
  ['https:///api.example.com', 'https'],
  ['https://', 'https'],
  // Users and passwords, which hide the host from people.
  ['https://user@api.example.com/', 'user'],
  ['https://user:secret@api.example.com/', 'user'],
  ['https://:secret@api.example.com/', 'user'],
  ['https://@api.example.com/', 'user'],
  ['https://api.example.com@127.0.0.1/', 'user'],
  ['https://127.0.0.1@api.example.com/', 'user'],
  // What a parser drops or turns.
  ['https://api.example.com\\@evil.example.com/', 'backslash'],
  ['https:\\\\api.example.com/', 'backslash'],
  [' https://api.example.com/', 'white space'],
  ['https://api.example.com/ x', 'white space'],
  ['https://api.exam\tple.com/', 'white space'],
  ['https://api.example.com/\r\nHost: evil', 'white space'],
  ['https://api.example.com/\0', 'control'],
  ['ht\ntps://127.0.0.1/', 'white space'],
  // Ports.
  ['https://api.example.com:22/', 'port'],
  ['https://api.example.com:8443/', 'port'],
  ['https://api.example.com:80/', 'port'],
  // IPv4 in every spelling.
  ['https://127.0.0.1/', 'IP address'],
  ['https://10.0.0.1/', 'IP address'],
  ['https://192.168.1.1/', 'IP address'],
  ['https://172.16.0.1/', 'IP address'],
  ['https://169.254.169.254/latest/meta-data/', 'IP address'],
  ['https://100.64.0.1/', 'IP address'],
  ['https://0.0.0.0/', 'IP address'],
  ['https://8.8.8.8/', 'IP address'],
  ['https://2130706433/', 'IP address'],
  ['https://0x7f000001/', 'IP address'],
  ['https://0x7F.0x0.0x0.0x1/', 'IP address'],
  ['https://017700000001/', 'IP address'],
  ['https://0177.0.0.1/', 'IP address'],
  ['https://0177.0x0.0.1/', 'IP address'],
  ['https://127.1/', 'IP address'],
  ['https://127.0.1/', 'IP address'],
  ['https://0/', 'IP address'],
  ['https://127.0.0.1./', 'IP address'],
  ['https://%31%32%37.0.0.1/', 'IP address'],
  ['https://①②⑦.⓪.⓪.①/', 'IP address'],
  ['https://１２７.０.０.１/', 'IP address'],
  ['https://127。0。0。1/', 'IP address'],
  ['https://256.256.256.256/', 'cannot be read'],
  ['https://1.2.3.4.5/', 'cannot be read'],
  ['https://0x100000000/', 'cannot be read'],
  // IPv6 in every spelling.
  ['https://[::1]/', 'IP address'],
  ['https://[::]/', 'IP address'],
  ['https://[0:0:0:0:0:0:0:1]/', 'IP address'],
  ['https://[::ffff:127.0.0.1]/', 'IP address'],
  ['https://[::ffff:7f00:1]/', 'IP address'],
  ['https://[64:ff9b::7f00:1]/', 'IP address'],
  ['https://[2002:7f00:1::]/', 'IP address'],
  ['https://[fe80::1]/', 'IP address'],
  ['https://[fe80::1%25eth0]/', 'cannot be read'],
  ['https://[fd00::1]/', 'IP address'],
  ['https://[2606:4700::1111]/', 'IP address'],
  ['https://[::1/', 'cannot be read'],
  // Names of machines and networks of somebody's own.
  ['https://localhost/', 'without a dot'],
  ['https://LOCALHOST/', 'without a dot'],
  ['https://ⓛocalhost/', 'without a dot'],
  ['https://loc%61lhost/', 'without a dot'],
  ['https://localhost./', 'dot'],
  ['https://api.localhost/', 'private network'],
  ['https://api.localhost./', 'dot'],
  ['https://localhost.localdomain/', 'private network'],
  ['https://router/', 'without a dot'],
  ['https://printer.local/', 'private network'],
  ['https://metadata.google.internal/', 'private network'],
  ['https://Metadata.Google.INTERNAL/', 'private network'],
  ['https://db.prod.internal/', 'private network'],
  ['https://nas.home.arpa/', 'private network'],
  ['https://1.0.0.127.in-addr.arpa/', 'private network'],
  ['https://nas.lan/', 'private network'],
  ['https://nas.home/', 'private network'],
  ['https://wiki.corp/', 'private network'],
  ['https://wiki.intranet/', 'private network'],
  ['https://hidden.onion/', 'private network'],
  ['https://api.test/', 'private network'],
  ['https://api.example.com./', 'dot'],
  ['https://api..example.com/', 'no host can have'],
  ['https://.example.com/', 'no host can have'],
  ['https://-api.example.com/', 'no host can have'],
  ['https://api.example.c0m/', 'no host can have'],
  ['https://a*b.example.com/', 'no host can have'],
  [`https://${'a'.repeat(64)}.example.com/`, 'no host can have'],
  [`https://${'a.'.repeat(130)}example.com/`, 'no host can have'],
  ['https://exa mple.com/', 'white space'],
  // Names that stand for addresses.
  ['https://127.0.0.1.nip.io/', 'any IP address'],
  ['https://10-0-0-1.sslip.io/', 'any IP address'],
  ['https://app.localtest.me/', 'any IP address'],
  ['https://lvh.me/', 'any IP address'],
  // And too much of anything.
  [`https://api.example.com/${'x'.repeat(2_000)}`, 'longer'],
];

describe('checkWebAddress', () => {
  it.each(HOSTILE)('refuses %j', (url, reason) => {
    expect(checkWebAddress(url)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('knows at least sixty ways to be hostile', () => {
    expect(new Set(HOSTILE.map(([url]) => url)).size).toBeGreaterThanOrEqual(60);
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com/'],
    ['HTTPS://API.Example.com/A?b=c#d', 'https://api.example.com/A?b=c'],
    ['https://api.example.com:443/x', 'https://api.example.com/x'],
    ['https://bücher.example.com/', 'https://xn--bcher-kva.example.com/'],
    ['https://1.example.com/', 'https://1.example.com/'],
    ['https://local.example.com/', 'https://local.example.com/'],
    ['https://internal-tools.com/', 'https://internal-tools.com/'],
    ['https://api.example.com/@user', 'https://api.example.com/@user'],
    ['https://api.example.com/?next=http://127.0.0.1', 'https://api.example.com/?next=http://127.0.0.1'],
  ])('takes %s', (url, href) => {
    const checked = checkWebAddress(url);
    expect(checked.ok && checked.url.href).toBe(href);
  });
});
