/** The worker with GPU backends; pages load its script only when the user selects one. */
import { webgl } from 'refinedet/webgl';
import { webgpu } from 'refinedet/webgpu';
import { serve } from 'refinedet/worker/serve';

serve({ gpu: [webgpu, webgl] });
