using System.Buffers;
using Akka.Actor;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Kinds.Exec;

/// <summary>
/// A process's output through files in the guest, for a channel whose replies are smaller than what an agent keeps of a process.
/// Not for a guest of Windows: it has no shell for it.
/// </summary>
internal static class ExecSpool
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>As much as an agent keeps of a stream.</summary>
    private const int MostKept = 16 << 20;

    public static async Task<bool> IsNeededAsync(IActorRef vm)
    {
        try
        {
            var described = await vm.Ask<VmDescribed>(new DescribeVm(), Answer);
            return described.LargestReply < GuestExecStatus.Spec.LargestReply
                && (await described.MetAsync(vm)).Guest.Inventory?.OsId is not "mswindows";
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    /// <returns>How it ended, as an agent would tell it; or why that is not known.</returns>
    public static async Task<(ExecStatus? End, ProcessNews.Lost? Lost)> CollectAsync(
        StreamedProcess process, CancellationToken cancel)
    {
        var (said, errors) = (new Kept(), new Kept());
        await foreach (var news in process.FollowAsync(cancel))
        {
            switch (news)
            {
                case ProcessNews.Said words:
                    (words.Error ? errors : said).Add(words.Bytes);
                    break;
                case ProcessNews.Ended end:
                    return (
                        new ExecStatus(
                            true, end.ExitCode, end.Signal, said.Bytes, errors.Bytes, said.IsTruncated, errors.IsTruncated),
                        null);
                case ProcessNews.Lost lost:
                    return (null, lost);
            }
        }
        throw new InvalidOperationException("a process's news have an end");
    }

    private sealed class Kept
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public bool IsTruncated { get; private set; }

        /// <summary>Null: it said nothing.</summary>
        public byte[]? Bytes => _bytes.WrittenCount == 0 ? null : _bytes.WrittenSpan.ToArray();

        public void Add(byte[] bytes)
        {
            var room = Math.Min(bytes.Length, MostKept - _bytes.WrittenCount);
            _bytes.Write(bytes.AsSpan(0, room));
            IsTruncated |= room < bytes.Length;
        }
    }
}
