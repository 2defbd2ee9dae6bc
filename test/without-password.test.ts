import { expect, it } from 'vitest';
import { withoutPassword } from '../src/without-password.ts';

it.each([
  ['rtsp://user:secret@host/a', 'rtsp://user:***@host/a'],
  ['rtsp://user:se@cr:et@host:554/a?b=c@d', 'rtsp://user:***@host:554/a?b=c@d'],
  ['http://:secret@host', 'http://:***@host'],
  ['http://host:80/a@b', 'http://host:80/a@b'],
])('the password of %s is hidden', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
});
