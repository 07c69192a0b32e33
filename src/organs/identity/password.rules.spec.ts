import { describe, expect, it } from '@jest/globals';
import { passwordProblem } from './password.rules.js';

describe('a new password', () => {
  it.each([
    'correct the harbour lantern',
    'the password of operator',
    'Zq8%vL1!nR4^tY7',
    '秘密の港の灯りは夜に青く光るのです',
    'a maintainer of tests',
    '"%/(=?)*\'_;:>|<,7',
    '😀🚀🌍🎈🎻🍎🦊🐙🧭🪁🔭🧪🪐🛰🗻',
  ])('may be %s', (password) => {
    expect(passwordProblem(password, 'ada')).toBeNull();
  });

  it.each([
    'short password',
    'x'.repeat(257),
    'passwordpassword',
    'Password123456789',
    'P-a-s-s-w-o-r-d 2026 !!!',
    'correcthorsebatterystaple',
    'qwertyuiopasdfghjkl',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    '1234567890123456',
    'zyxwvutsrqponmlkj',
    'ada.lovelace2026!!',
    '!!!!!!!!!!!!!!!!!!!',
    'password!!!!!!!!!!!!!!!!',
    'a!!!!!!!!!!!!!!!!',
  ])('may not be %s', (password) => {
    expect(passwordProblem(password, 'ada.lovelace')).not.toBeNull();
  });

  it.each(['a', 's', 'pass', 'Ada'])('is no better for a user called %s', (username) => {
    for (const password of ['passwordpassword', 'letmeinletmein123', `${username}${username}1234567890123`])
      expect(passwordProblem(password, username)).not.toBeNull();
  });

  it('is judged at once, however its username repeats in it', () => {
    const start = performance.now();
    expect(passwordProblem(`${'1'.repeat(252)}éàèü`, '11')).toBeNull();
    expect(performance.now() - start).toBeLessThan(200);
  });

  it('is counted in characters, not in UTF-16 units', () => {
    expect(passwordProblem('😀🚀🌍🎈🎻🍎🦊🐙🧭🪁🔭🧪🪐🛰', 'ada')).toContain('15-256');
  });
});
