/**
 * The files of a dropped folder that make a model: one of each name, the one nearest to the folder's top (checkpoint subfolders
 * repeat the names). Everything else in the folder, optimizer states and other formats' weights, stays where it is.
 */
export function modelFilesOf(files: readonly File[]): File[] {
  const depth = (file: File) => file.webkitRelativePath?.split('/').length ?? 1;
  const nearest = new Map<string, File>();
  for (const file of files) {
    if (
      !/^(config\.json|tokenizer(_config)?\.json|spiece\.model|.*\.safetensors(\.index\.json)?)$/.test(
        file.name,
      )
    )
      continue;
    const known = nearest.get(file.name);
    if (!known || depth(file) < depth(known)) nearest.set(file.name, file);
  }
  // model.safetensors stands for the whole; shards beside it would be copied for nothing.
  if (!nearest.has('model.safetensors')) return [...nearest.values()];
  return [...nearest.values()].filter(
    ({ name }) => !name.includes('.safetensors') || name === 'model.safetensors',
  );
}
