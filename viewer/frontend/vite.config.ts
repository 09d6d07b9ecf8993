import { defineConfig } from 'vite';

export default defineConfig({
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
      preserveEntrySignatures: 'strict',
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
