/** Image is what a virtual machine can be made of. */
export interface Image {
  image_name: string;
  image_size: string;
  /** title and version say what it is; nodes before this version leave them out. */
  title?: string;
  version?: string;
  default?: boolean;
}

/** imageName returns what people call an image, with the file's name where two have the same. */
export function imageName(image: Image, all: Image[]): string {
  const name = (of: Image) => [of.title || of.image_name, of.version].filter(Boolean).join(" ");
  const alike = all.filter((other) => name(other) === name(image)).length > 1;
  return alike ? `${name(image)} (${image.image_name})` : name(image);
}

/** preferred returns the file name of the image that a new virtual machine gets unless told otherwise. */
export const preferred = (images: Image[]): string =>
  (images.find((image) => image.default) ?? images[0])?.image_name ?? "";
