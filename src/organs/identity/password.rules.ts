/** Shortest password, in characters (code points). */
export const PASSWORD_MIN = 15;
/** Longest password, in characters: more would only be work for the hash. */
export const PASSWORD_MAX = 256;

/** Words that common long passwords are put together from. */
const COMMON_WORDS = [
  'password', 'passwort', 'passw0rd', 'p4ssword', 'letmein', 'welcome', 'admin', 'administrator', 'maintainer', 'operator', 'auditor',
  'arbiter', 'root', 'user', 'guest', 'login', 'qwerty', 'qwertz', 'azerty', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '1q2w3e4r5t6y7u8i9o0p',
  '1qaz2wsx3edc4rfv', 'iloveyou', 'secret', 'changeme', 'default', 'master', 'monkey', 'dragon', 'football', 'baseball', 'sunshine',
  'princess', 'superman', 'batman', 'trustno1', 'hello', 'world', 'test', 'testing', 'abc', 'abcdefghijklmnopqrstuvwxyz', 'echo',
  'substrate', 'correct', 'horse', 'battery', 'staple',
]; // prettier-ignore

const ONLY_COMMON = new RegExp(`^(?:${COMMON_WORDS.join('|')}|\\d)+$`);

/** What is wrong with a new password, in words, or null. Length and guessing are the only rules. */
export function passwordProblem(password: string, username: string): string | null {
  const length = [...password].length;
  if (length < PASSWORD_MIN || length > PASSWORD_MAX) return `must have ${PASSWORD_MIN}-${PASSWORD_MAX} characters`;
  const plain = password.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  if (isRepetition(plain)) return 'must not be one short piece over and over';
  if (isRun(plain)) return 'must not be a run of the alphabet or of digits';
  const rest = plain.replaceAll(username.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''), '');
  if (rest === '' || ONLY_COMMON.test(rest))
    return 'must not be put together from common words, digits and the username alone';
  return null;
}

/** Whether a text is a piece of up to four characters repeated. */
function isRepetition(text: string): boolean {
  return /^(.{1,4})\1+.{0,3}$/u.test(text) || text === '';
}

/** Whether each character is the next, or each the previous, of the one before. */
function isRun(text: string): boolean {
  const codes = [...text].map((c) => c.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, i) => code - (codes[i] ?? 0));
  const wraps = (step: number): number => (step === -9 ? 1 : step === 9 ? -1 : step);
  return [1, -1].some((way) => steps.every((step) => wraps(step) === way));
}
