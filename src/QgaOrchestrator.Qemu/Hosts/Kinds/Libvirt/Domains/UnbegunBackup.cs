using System.Text;
using System.Xml;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// A backup whose daemon ended while it began it. libvirt keeps a running domain in a file for its next daemon, and notes there
/// that a backup is under way before it notes which: so the next daemon holds a job that it can neither describe nor end, and
/// that keeps all others waiting until the domain ends (seen with 9.0; the sources of later ones read the same). While no
/// daemon runs, the job can be taken out of the file.
/// </summary>
internal static class UnbegunBackup
{
    /// <summary>Takes it out of the domain's file. Nothing happens where the file holds none, or cannot be written.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Forget(LibvirtPlace place, RpcDomain domain)
    {
        var path = LibvirtPaths.StateOf(place, domain, ".xml");
        // The daemon reads names that end in .xml only.
        var next = path + ".qga";
        try
        {
            var state = XDocument.Load(path, LoadOptions.PreserveWhitespace);
            if (state.Root?.Element("job") is not { } job || DomainXml.Text(job, "async") != "backup"
                || state.Root.Descendants("domainbackup").Any())
                return false;
            job.Remove();
            using (var file = new FileStream(next, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            using (var writer = XmlWriter.Create(file, new() { OmitXmlDeclaration = true, Encoding = new UTF8Encoding(false) }))
                state.Save(writer);
            File.Move(next, path, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            return false;
        }
    }
}
