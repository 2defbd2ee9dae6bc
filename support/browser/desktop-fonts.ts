/** Fonts for images of pages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Letters as wide as those of most desktops; the default of Debian is wider. */
const FONTS = `<fontconfig><include>/etc/fonts/fonts.conf</include>
<match target="pattern"><edit name="family" mode="prepend" binding="strong">
<string>Liberation Sans</string></edit></match>
</fontconfig>`;

/** Applies to browsers that this process starts afterwards. */
export function useDesktopFonts(folder: string): void {
  const file = join(folder, 'fonts.conf');
  writeFileSync(file, FONTS);
  process.env['FONTCONFIG_FILE'] = file;
}
