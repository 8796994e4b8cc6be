# Renters' virtual machines are libvirt's and would run on with nobody to end them. Its
# files tell of them, also where its daemon does not run.
for vm in /etc/libvirt/qemu/dbc-*.xml; do
	[ -e "$vm" ] || continue
	echo "dbc-host: this computer still has virtual machines of renters, such as $(basename "$vm" .xml)." >&2
	echo "Take the machine off the market (dbc host offline, then wait for the ends that dbc host status shows), and remove the package then." >&2
	exit 1
done
if [ -e /etc/dbc/gpus.toml ]; then
	echo "dbc-host: cards are bound for virtual machines (/etc/dbc/gpus.toml); give them back first: dbc host gpu unbind" >&2
	exit 1
fi
