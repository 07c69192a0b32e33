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

/** Different signs up to which a password is judged by its letters and digits alone: they only dress those up. */
const DRESSING_MAX = 4;

/** What is wrong with a new password, in words, or null. Length and guessing are the only rules. */
export function passwordProblem(password: string, username: string): string | null {
  const length = [...password].length;
  if (length < PASSWORD_MIN || length > PASSWORD_MAX) return `must have ${PASSWORD_MIN}-${PASSWORD_MAX} characters`;
  const text = password.toLowerCase();
  const signs = new Set(text.match(/[^\p{L}\p{N}]/gu));
  const plain = lettersOf(text);
  const judged = plain === '' || signs.size > DRESSING_MAX ? [text] : [text, plain];
  if (judged.some(isRepetition)) return 'must not be one short piece over and over';
  if (judged.some(isRun)) return 'must not be a run of the alphabet or of digits';
  const words = [...COMMON_WORDS, lettersOf(username.toLowerCase())].filter((word) => word !== '');
  if (judged.some((part) => isMadeOf(part, words)))
    return 'must not be put together from common words, digits and the username alone';
  return null;
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a text is nothing but words and digits. By position and not by pattern, which a username could make very slow. */
function isMadeOf(text: string, words: readonly string[]): boolean {
  const reached = new Set([0]);
  for (let at = 0; at < text.length; at += 1) {
    if (!reached.has(at)) continue;
    if (/\d/.test(text.charAt(at))) reached.add(at + 1);
    for (const word of words) if (text.startsWith(word, at)) reached.add(at + word.length);
  }
  return reached.has(text.length);
}

/** Whether a text is a piece of up to four characters repeated. */
function isRepetition(text: string): boolean {
  return /^(.{1,4})\1+.{0,3}$/su.test(text);
}

/** Whether each character is the next, or each the previous, of the one before. */
function isRun(text: string): boolean {
  const codes = [...text].map((c) => c.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, i) => code - (codes[i] ?? 0));
  const wraps = (step: number): number => (step === -9 ? 1 : step === 9 ? -1 : step);
  return [1, -1].some((way) => steps.every((step) => wraps(step) === way));
}
