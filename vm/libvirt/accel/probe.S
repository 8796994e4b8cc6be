# The boot sector of package accel. It says R in real mode, L in long mode, C
# after 1000 CPUID (each one leaves the guest and comes back), K after a loop
# that lasts long enough for timer interrupts of the host, and then ends QEMU
# through isa-debug-exit. A boot sector that stays in real mode is not enough:
# it came through on a KVM that runs no guest.
#
# Assembled by `go generate` (GNU as and ld); probe.bin is committed.

        .set    SERIAL, 0x3f8
        .set    DEBUG_EXIT, 0xf4
        .set    TABLES, 0x1000          # PML4, PDPT and PD, a page each

        .macro  say letter
        mov     $SERIAL, %dx
        mov     $\letter, %al
        out     %al, %dx
        .endm

        .code16
        .globl  _start
_start:
        cli
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x7c00, %sp
        say     'R'

        # The first 2 MiB, mapped onto themselves.
        mov     $TABLES, %edi
        mov     %edi, %cr3
        xor     %eax, %eax
        mov     $(3 * 4096 / 4), %ecx
        cld
        rep stosl
        movl    $(TABLES + 0x1003), TABLES
        movl    $(TABLES + 0x2003), TABLES + 0x1000
        movl    $0x83, TABLES + 0x2000

        mov     %cr4, %eax              # PAE
        or      $0x20, %eax
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       # EFER.LME
        rdmsr
        or      $0x100, %eax
        wrmsr
        lgdt    descriptor
        mov     %cr0, %eax              # paging and protection
        or      $0x80000001, %eax
        mov     %eax, %cr0
        ljmp    $8, $long

        .code64
long:   mov     $0x10, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        say     'L'

        mov     $1000, %esi
again:  xor     %eax, %eax
        xor     %ecx, %ecx
        cpuid
        dec     %esi
        jnz     again
        say     'C'

        mov     $100000000, %ecx
spin:   dec     %ecx
        jnz     spin
        say     'K'

        mov     $0x10, %al
        out     %al, $DEBUG_EXIT
halt:   hlt
        jmp     halt

        .balign 8
table:  .quad   0
        .quad   0x00209a0000000000      # 64-bit code
        .quad   0x0000920000000000      # data
descriptor:
        .word   23
        .long   table

        .org    510
        .word   0xaa55
