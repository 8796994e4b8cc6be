// Package hwtest builds the sysfs and procfs of a computer from a short
// description, so that a public report of real hardware becomes a test in minutes.
//
// A line names a PCI function and its properties; deeper lines are behind the
// bridge above them:
//
//	00:01.0 0604 8086:1901 group=2
//	  01:00.0 0300 10de:2184 group=2 driver=vfio-pci numa=0 reset=flr,bus bars=16M,256Mp,32Mp
//
// An address is domain:bus:device.function, with domain 0000 left out; then class
// and ids, vendor:device or vendor:device/vendor:device with the subsystem's.
// What may follow:
//
//	group=N driver=NAME numa=N reset=METHOD,… rev=HEX vfs=HAS/OF pf=ADDRESS boot_vga
//	bars=SIZE[p][!|?][@START],…   sizes as 16M or 32G, p is prefetchable and 64-bit,
//	                              ! unassigned, ? left out by the kernel, START in hex
//	link=SPEED×WIDTH/SPEED×WIDTH   now and at most, as 2.5x8/16.0x16
//
// Lines that begin with @ describe the computer:
//
//	@cpu VENDOR BITS            GenuineIntel, AuthenticAMD or arm64; physical address bits
//	@cmdline TEXT               @iommu NAME [MGAW]      @nodes N        @chassis N
//	@iomem START-END NAME       @mount DEVICE FOLDER ADDRESS   @route NAME ADDRESS
//	@file PATH TEXT             TEXT with \n for a new line
//	@link PATH TARGET           a symbolic link
//
// Lines that begin with # are comments, those with > answers for tests.
package hwtest
