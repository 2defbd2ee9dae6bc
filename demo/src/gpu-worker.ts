/** The worker with GPU backends; its script is fetched by those who choose one. */
import { webgl } from 'refinedet/webgl';
import { webgpu } from 'refinedet/webgpu';
import { serve } from 'refinedet/worker/serve';

serve({ gpu: [webgpu, webgl] });
