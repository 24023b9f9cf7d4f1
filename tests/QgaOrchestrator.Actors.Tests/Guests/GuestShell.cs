using System.Globalization;
using System.Security.Cryptography;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Guests;

/// <summary>What our own scripts do in a guest, on the simulated one's files. That a real shell does the same is EndToEnd's to
/// show.</summary>
internal static class GuestShell
{
    public static void Install(SimulatedGuest guest) =>
        guest.Programs["/bin/sh"] = (arguments, _) => Run(guest, arguments[1], [.. arguments.Skip(3)]);

    private static GuestExit Run(SimulatedGuest guest, string script, string[] given)
    {
        switch (script)
        {
            case GuestFilePush.Begin:
                guest.Files[given[0]] = [];
                return new GuestExit(0);
            case GuestFilePush.Place:
                return new GuestExit(guest.Files.Move(given[0], given[1]) ? 0 : 1);
            case GuestFilePush.Remove:
                guest.Files[given[0]] = null;
                return new GuestExit(0);
            case GuestDigest.Script:
                var first = guest.Files[given[0]]!.Take(int.Parse(given[1], CultureInfo.InvariantCulture)).ToArray();
                return new GuestExit(0, Convert.ToHexStringLower(SHA256.HashData(first)) + "  -\n");
            case StreamedProcess.Prepare:
                (guest.Files["/tmp/qga-exec.1/out"], guest.Files["/tmp/qga-exec.1/err"]) = ([], []);
                return new GuestExit(0, "/tmp/qga-exec.1\n");
            case StreamedProcess.Start:
                var exit = guest.Programs[given[2]]([.. given.Skip(3)], []);
                guest.Files[given[0]] = System.Text.Encoding.UTF8.GetBytes(exit.Output);
                guest.Files[given[1]] = System.Text.Encoding.UTF8.GetBytes(exit.Errors);
                return new GuestExit(exit.Code) { Until = exit.Until };
            case StreamedProcess.Remove:
                (guest.Files[given[0] + "/out"], guest.Files[given[0] + "/err"]) = (null, null);
                return new GuestExit(0);
            default:
                return new GuestExit(127, "", "no such script\n");
        }
    }
}
