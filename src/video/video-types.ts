/** What a caller gives and gets. */
import type { RawImage } from '../image/raw-image.ts';

/** One decoded frame: RGB pixels, upright. */
export interface DecodedFrame extends RawImage {
  channels: 3;
  /** Number of the frame in the source, from 0; frames that `every` or `fps` leave out are counted. */
  index: number;
  /** Milliseconds from the start of the file; for a live source, since its first connection. */
  time: number;
  /** Number of frames of a live source that newer ones have replaced so far. */
  dropped: number;
  /** Unix time in milliseconds at which the frame was decoded. */
  arrival: number;
}

/** Options of {@link openVideo}. Times are milliseconds. */
export interface VideoOptions {
  /** Take each n-th frame. Default 1: every frame. */
  every?: number;
  /** Take at most so many frames per second, each with its own time. Of an image sequence: its frame rate, default 25. */
  fps?: number;
  /** Time of the first frame. Files only. Default 0. */
  start?: number;
  /** Time at which to stop; that of the first frame that is left out. Default: none. */
  end?: number;
  /** Whether a new frame replaces a waiting one. Default: for cameras, RTSP, and HTTP without a known duration. */
  live?: boolean;
  /** Number of attempts in a row to open a lost live source again. Default: no limit. */
  reconnect?: number;
  /** Longest time without a frame, for cameras and networks. Default 10,000. */
  stall?: number;
  /** Whether to combine the two fields of interlaced frames. Default: if the file says that it is interlaced. */
  deinterlace?: boolean;
  /** Maximum number of pixels of a frame. Default 100 million. */
  maxPixels?: number;
  /** Path of the program ffmpeg; ffprobe is beside it. Default: `REFINEDET_FFMPEG`, or `ffmpeg` of the system. */
  ffmpeg?: string;
  /** Receives notes about lost connections. Default `console.warn`. */
  warn?: (message: string) => void;
  /** Ends the decoding. */
  signal?: AbortSignal;
}

/** What is known about a video before it is decoded. */
export interface VideoInfo {
  /** Whether newer frames replace waiting ones. */
  live: boolean;
  /** Size of the upright frames; unknown for cameras and RTSP. */
  width?: number;
  height?: number;
  /** Milliseconds. */
  duration?: number;
  /** Mean number of frames per second. */
  frameRate?: number;
  /** Codec of the sound. */
  audio?: string;
}
