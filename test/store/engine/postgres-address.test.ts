import { expect, test } from 'vitest';
import { hostsOf } from '../../../src/store/engine/postgres-address.ts';

test.each([
  ['postgres://u:p@h1:5432/db', ['h1:5432'], ['postgres://u:p@h1:5432/db']],
  [
    'postgresql://u:p%40x@h1,h2:5433/db?target_session_attrs=read-write&sslmode=verify-full',
    ['h1', 'h2:5433'],
    [
      'postgresql://u:p%40x@h1/db?target_session_attrs=read-write&sslmode=verify-full',
      'postgresql://u:p%40x@h2:5433/db?target_session_attrs=read-write&sslmode=verify-full',
    ],
  ],
  [
    'postgres://[::1]:5432,[fd00::2]/db?target_session_attrs=primary',
    ['[::1]:5432', '[fd00::2]'],
    ['postgres://[::1]:5432/db?target_session_attrs=primary', 'postgres://[fd00::2]/db?target_session_attrs=primary'],
  ],
])('the hosts of %s are read in order', (address, names, urls) => {
  expect(hostsOf(address).map(({ name }) => name)).toEqual(names);
  expect(hostsOf(address).map(({ url }) => url)).toEqual(urls);
});

test.each(['read-only', 'standby', 'prefer-standby', 'anything'])('target_session_attrs=%s is refused', (value) => {
  expect(() => hostsOf(`postgres://h1,h2/db?target_session_attrs=${value}`)).toThrow('read-write or primary');
});

test.each([
  ['?sslmod=require', 'sslmode, and not sslmod'],
  ['?sslmode=requierd', 'sslmode as one of: '],
  ['?sslmode=disable&sslmode=verify-full', 'sslmode once'],
])('a parameter %s, which the driver would ignore or take otherwise, is refused', (query, message) => {
  expect(() => hostsOf(`postgres://u:p@h/db${query}`)).toThrow(message);
  expect(() => hostsOf('postgres://u:p@h/db?sslmode=verify-full&pgbouncer=true')).not.toThrow();
});

test.each(['postgres://u:12#the-password@h/db', 'postgres://u:12?the-password@h/db'])(
  'a password that ends the host early is refused, and not taken for a port: %s',
  (address) => expect(() => hostsOf(address)).toThrow(/^the password in percent-encoding/),
);

test.each(['mysql://u:the-password@h/db', 'u:the-password@h', 'postgres://u:the-password@h1:port,h2/db', ''])(
  'an invalid address is refused, and not quoted',
  (address) => {
    expect(() => hostsOf(address)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('the-pass') }),
    );
    expect(() => hostsOf(address)).toThrow(/^postgres:\/\/user:password@host:port\/database/);
  },
);
