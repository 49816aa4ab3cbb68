/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - what the two files of configfs share.
 */
#ifndef VCM_SIM_CONFIG_H
#define VCM_SIM_CONFIG_H

struct config_group;
struct config_item;
struct vcm_sim_mmu;

struct config_group *vcm_sim_config_dev(struct vcm_sim_mmu *mmu, const char *name);
int vcm_sim_config_pin(struct config_item *item);
void vcm_sim_config_unpin(struct config_item *item);

#endif
