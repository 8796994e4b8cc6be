// Package build makes guest images from packages of distributions, on Debian 12 or
// 13 or Ubuntu 24.04, without root, loop devices or mounts. They boot by BIOS and by
// UEFI.
package build
