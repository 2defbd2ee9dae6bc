/** Shapes of convolutions: the records that the kernels read. */
import type { ConvShape, DepthwiseShape } from '../generated/abi.ts';
import type { RecordValues } from '../heap-records.ts';

/** Shapes of a convolution: [batch, height, width, channels] to [batch, outHeight, outWidth, filters]. */
export type ConvGeometry = RecordValues<typeof ConvShape>;

export type DepthwiseGeometry = RecordValues<typeof DepthwiseShape>;
