/** Whether the command line names a video, and options that make no sense then. */
import { RefineDetError } from '../../errors.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { isVideoName } from '../../video/video-source.ts';
import { isUrl } from '../inputs.ts';
import { VIDEO_FORMATS } from '../output/video-formats.ts';
import { DETECT_OPTIONS, type DetectFlags } from './detect-command-options.ts';

const VIDEO_FLAGS = Object.keys(DETECT_OPTIONS['Video:']) as (keyof DetectFlags)[];
const IMAGE_FLAGS = ['recursive', 'fastDecode'] as const;
/** Milliseconds to wait for the type of a URL. */
const ANSWER_TIME = 10_000;
const VIDEO_TYPE =
  /^(video\/|multipart\/x-mixed-replace|application\/(dash\+xml|(vnd\.apple|x)\.?-?mpegurl))/i;

/**
 * Returns the video that the words name, undefined for images.
 * @throws USAGE for several videos, and for options of the other kind
 */
export async function videoWord(
  words: readonly string[],
  flags: DetectFlags,
): Promise<string | undefined> {
  const given = VIDEO_FLAGS.find((name) => flags[name] !== undefined);
  let video = words.find(isVideoName);
  const [word] = words;
  const isOnly = words.length === 1 && word !== '-' && !isDecodableName(word);
  if (!video && isOnly && (given || (await servesVideo(word)))) video = word;
  if (!video) {
    if (given) throw new RefineDetError('USAGE', `--${given} is for videos`);
    return undefined;
  }
  if (words.length > 1) {
    const others = words.length - 1;
    throw new RefineDetError(
      'USAGE',
      `${video} is a video, which goes alone: leave out ${others} more`,
    );
  }
  const wrong = IMAGE_FLAGS.find((name) => flags[name]);
  if (wrong) throw new RefineDetError('USAGE', `--${dashed(wrong)} is for images, not for videos`);
  const formats = Object.keys(VIDEO_FORMATS);
  if (flags.format && !formats.includes(flags.format)) {
    const names = formats.join(', ');
    throw new RefineDetError(
      'USAGE',
      `--format ${flags.format} is for images; for videos: ${names}`,
    );
  }
  if (flags.events && !flags.zones) {
    throw new RefineDetError('USAGE', '--events needs --zones, the lines and zones to watch');
  }
  return video;
}

/** Whether a URL without a telling name leads to a video, by the type that the server states. */
async function servesVideo(word: string): Promise<boolean> {
  if (!isUrl(word) || !URL.canParse(word)) return false;
  try {
    const response = await fetch(word, { signal: AbortSignal.timeout(ANSWER_TIME) });
    const type = response.headers.get('content-type') ?? '';
    await response.body?.cancel();
    return response.ok && VIDEO_TYPE.test(type);
  } catch {
    return false; // reading it as an image tells why
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
