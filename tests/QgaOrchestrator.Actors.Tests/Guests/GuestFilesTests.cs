using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Guests;

/// <summary>Files into a guest and out of it, beside the channel's other work, whatever becomes of agent and link
/// meanwhile.</summary>
public sealed class GuestFilesTests : OneHost
{
    private const string Place = "/srv/app", Part = "/srv/app.part";

    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(3 * 1024 * 1024 + 17);

    private static readonly string Sha256 = Convert.ToHexStringLower(SHA256.HashData(Content));

    private AgentCall Agent =>
        request => CallAsync(request.Command, Encoding.UTF8.GetString(request.Arguments.Span));

    [Fact]
    public async Task A_file_is_written_beside_summed_in_the_guest_and_renamed()
    {
        await BeginAsync();

        var digest = await PushAsync(new MemoryStream(Content));

        Assert.Equal(new GuestDigest(Content.Length, Sha256, GuestDigest.BySum), digest);
        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task An_existing_part_of_a_file_is_resumed()
    {
        await BeginAsync();
        Vm.Guest.Files[Part] = Content[..100_000];

        await PushAsync(new MemoryStream(Content, 100_000, Content.Length - 100_000), offset: 100_000);

        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task What_is_not_what_was_announced_is_not_put_in_place()
    {
        await BeginAsync();
        Vm.Guest.Files[Place] = [1];
        Vm.Guest.Files[Part] = new byte[100_000];

        var fault = await Assert.ThrowsAsync<GuestFaultException>(
            () => PushAsync(new MemoryStream(Content, 100_000, Content.Length - 100_000), offset: 100_000));

        Assert.Equal(GuestFaultKind.Differs, fault.Kind);
        Assert.Equal([1], Vm.Guest.Files[Place]!);
        NothingStaysOpen();
    }

    [Fact]
    public async Task A_body_of_another_length_stays_beside()
    {
        await BeginAsync();
        var fault = await Assert.ThrowsAsync<GuestFaultException>(() => PushAsync(new MemoryStream(Content, 0, 1000)));
        Assert.Equal(GuestFaultKind.BadRequest, fault.Kind);
        Assert.Null(Vm.Guest.Files[Place]);
        Assert.Equal(1000, Vm.Guest.Files[Part]!.Length);
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
    }

    [Fact]
    public async Task A_file_that_does_not_fit_is_refused_with_a_remedy_and_leaves_nothing_behind()
    {
        await BeginAsync();
        var body = new Interrupted(Content, 1_000_000, () =>
        {
            Vm.Agent.On("guest-file-write", Act.Error("failed to write to file: No space left on device"));
            return Task.CompletedTask;
        });

        var fault = await Assert.ThrowsAsync<GuestCallException>(() => PushAsync(body));

        Assert.Equal("Make room in that file system of the guest", Assert.IsType<CallReply.AgentFailed>(fault.Reply).WhatToDo());
        Assert.Null(Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task Without_guest_exec_a_file_goes_in_place_only_and_is_read_back()
    {
        Denied = ["guest-exec"];
        await BeginAsync();

        var fault = await Assert.ThrowsAsync<GuestFaultException>(() => PushAsync(new MemoryStream(Content)));
        Assert.Equal(GuestFaultKind.NotAllowed, fault.Kind);
        Assert.Contains("--in-place", fault.Remedy, StringComparison.Ordinal);
        Assert.Null(Vm.Guest.Files[Part]);

        var digest = await PushAsync(new MemoryStream(Content), part: null);
        Assert.Equal(new GuestDigest(Content.Length, Sha256, GuestDigest.ByReading), digest);
        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task An_agent_that_is_started_anew_in_the_middle_has_forgotten_the_handle_and_no_byte()
    {
        await BeginAsync();
        var body = new Interrupted(Content, 1_000_000, () =>
        {
            Vm.Agent.Stop();
            Vm.Agent.Start();
            return Task.CompletedTask;
        });

        await PushAsync(body);

        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task A_link_that_breaks_behind_a_write_costs_no_byte_and_leaves_no_handle()
    {
        await BeginAsync();
        var rule = Vm.Agent.On("guest-file-write", Act.Execute, Act.Disconnect);
        var body = new Interrupted(Content, 1_000_000, () =>
        {
            rule.Dispose();
            return Task.CompletedTask;
        });
        var pushed = PushAsync(body);
        await rule.Reached.WaitAsync(Limit);
        rule.Dispose();

        await pushed.WaitAsync(Limit);

        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();
    }

    [Fact]
    public async Task A_window_interrupts_a_copy_and_waits_for_none_of_it()
    {
        await BeginAsync();
        var body = new Interrupted(Content, 1_000_000, async () =>
        {
            Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-freeze"));
            _ = ThawAfterRefusalAsync();
        });

        await PushAsync(body).WaitAsync(Limit);

        Assert.Equal(1, Vm.Guest.Epoch);
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Equal(Content, Vm.Guest.Files[Place]);
        NothingStaysOpen();

        // While the window is open whoever asks for a file is refused, and the copy asks again.
        async Task ThawAfterRefusalAsync()
        {
            while (await CallAsync("guest-file-close", """{"handle":1}""") is not CallReply.Refused { Why: CallRefusal.Frozen })
                await Task.Yield();
            Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-thaw"));
        }
    }

    [Fact]
    public async Task A_file_is_read_from_any_offset_to_its_end()
    {
        await BeginAsync();
        Vm.Guest.Files[Place] = Content;
        await using (var file = await OpenGuestFile.ForReadingAsync(Agent, Place, TimeProvider.System, default))
        {
            Assert.Equal(Content.Length, await file.LengthAsync(default));
            var read = new MemoryStream();
            for (var at = 5L; ; at += ChunkSize.Most)
            {
                if (at == 5 + ChunkSize.Most)
                {
                    Vm.Agent.Stop();
                    Vm.Agent.Start();
                }
                var chunk = await file.ReadAsync(at, ChunkSize.Most, default);
                if (chunk.Bytes.Length == 0) break;
                read.Write(chunk.Bytes);
            }
            Assert.Equal(Content[5..], read.ToArray());
        }
        NothingStaysOpen();
    }

    [Fact]
    public async Task A_missing_file_is_reported_at_once()
    {
        await BeginAsync();
        var e = await Assert.ThrowsAsync<GuestCallException>(
            () => OpenGuestFile.ForReadingAsync(Agent, "/nope", TimeProvider.System, default));
        Assert.IsType<CallReply.AgentFailed>(e.Reply);
    }

    [Fact]
    public async Task A_process_is_heard_by_way_of_its_files_which_are_removed()
    {
        Vm.Guest.Programs["/bin/app"] = (_, _) => new GuestExit(3, "one\ntwo\n", "oh\n");
        await BeginAsync();
        var (said, errors, end) = (new StringBuilder(), new StringBuilder(), (ProcessNews?)null);

        await using (var process = await StreamedProcess.StartAsync(Agent, new("/bin/app"), Long, TimeProvider.System, default))
            await foreach (var news in process.FollowAsync(default))
            {
                if (news is ProcessNews.Said words) (words.Error ? errors : said).Append(Encoding.UTF8.GetString(words.Bytes));
                else end = news;
            }

        Assert.Equal(("one\ntwo\n", "oh\n", new ProcessNews.Ended(3, null)), (said.ToString(), errors.ToString(), end));
        Assert.Null(Vm.Guest.Files["/tmp/qga-exec.1/out"]);
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
    }

    [Fact]
    public async Task With_file_commands_disabled_nothing_is_started_and_the_remedy_is_reported()
    {
        var started = 0;
        Vm.Guest.Programs["/bin/app"] = (_, _) => new GuestExit(started++);
        await BeginAsync();
        Vm.Guest.Files.Allowed = false;

        var fault = await Assert.ThrowsAsync<GuestFaultException>(
            () => StreamedProcess.StartAsync(Agent, new("/bin/app"), Long, TimeProvider.System, default));

        Assert.Contains("Without --stream", fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(0, started);
        Assert.Null(Vm.Guest.Files["/tmp/qga-exec.1/out"]);
    }

    private async Task BeginAsync()
    {
        GuestShell.Install(Vm.Guest);
        await StartAsync();
    }

    private Task<GuestDigest> PushAsync(Stream body, long offset = 0, string? part = Part) =>
        new GuestFilePush(Agent, TimeProvider.System).RunAsync(
            new FilePush(Place, part, Content.Length, Sha256, offset, null, "0644"), body, default);

    private void NothingStaysOpen()
    {
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
        Assert.Null(Vm.Guest.Files[Part]);
    }

    /// <summary>A body in whose middle something happens, once.</summary>
    private sealed class Interrupted(byte[] content, int at, Func<Task> then) : MemoryStream(content)
    {
        private bool _done;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_done && Position >= at)
            {
                _done = true;
                await then();
            }
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
