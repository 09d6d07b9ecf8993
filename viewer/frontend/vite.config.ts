import { defineConfig, type Plugin } from 'vite';

/**
 * Cornerstone's canvas path makes its first buffer by painting a canvas white and reading it back, which waits
 * for the graphics process: 0.1 to 0.3 s before the first image in software rendering. A buffer that is filled
 * with white is the same without the wait.
 */
function withoutReadBack(): Plugin {
  const read = /canvasContext\.getImageData\(0, 0, image\.width, image\.height\)/;
  return {
    name: 'without-read-back',
    transform(code, id) {
      if (!id.endsWith('/rendering/initializeRenderCanvas.js')) return undefined;
      if (!read.test(code)) throw new Error('Cornerstone has changed: is withoutReadBack still needed?');
      return code.replace(
        read,
        'new ImageData(new Uint8ClampedArray(4 * image.width * image.height).fill(255), image.width)',
      );
    },
  };
}

export default defineConfig({
  plugins: [withoutReadBack()],
  // Cornerstone's metadata dictionary expects Node's `events` and `url`.
  resolve: { alias: { events: 'events/events.js', url: 'url/url.js' } },
  base: './',
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: { viewer: 'src/main.ts', picker: 'src/picker.ts' },
      preserveEntrySignatures: 'allow-extension',
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
