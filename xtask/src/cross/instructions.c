/* For QEMU: how many instructions a program takes from the first one of `measured_work` on, up to the next
 * time that it writes to its standard output, which it does when the work is done. Told on standard error.
 *
 * Debian has the emulator without the header of its plugins, so what is used of it is declared here. It is
 * version 1 of that interface, as QEMU 6.0 to 8.2 have it; others refuse this file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, void (*translated)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(
    struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter, uint64_t add);
void qemu_plugin_register_vcpu_tb_exec_cb(
    struct qemu_plugin_tb *block, void (*executed)(unsigned int, void *),
    enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t id,
    void (*called)(qemu_plugin_id_t, unsigned int, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                   uint64_t, uint64_t, uint64_t, uint64_t));

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

/* The number of `write`: of 32 and of 64 bits. */
enum { WRITE_32 = 4, WRITE_64 = 64, STANDARD_OUTPUT = 1 };

static int64_t write_number;
static uint64_t executed;
static uint64_t before;
static int has_begun;

static void begin(unsigned int processor, void *data)
{
    (void)processor, (void)data;
    if (!has_begun)
        before = executed;
    has_begun = 1;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    const char *symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, 0));
    if (symbol && strstr(symbol, "measured_work"))
        qemu_plugin_register_vcpu_tb_exec_cb(block, begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
    size_t instructions = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, instructions);
}

static void called(qemu_plugin_id_t id, unsigned int processor, int64_t number, uint64_t first, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    (void)id, (void)processor, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (has_begun && number == write_number && first == STANDARD_OUTPUT) {
        fprintf(stderr, "instructions %" PRIu64 "\n", executed - before);
        has_begun = 0;
    }
}

/* What it is given begins with the processor's name. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const char *const *info, int argc, char **argv)
{
    (void)argc, (void)argv;
    write_number = strcmp(info[0], "arm") == 0 ? WRITE_32 : WRITE_64;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
