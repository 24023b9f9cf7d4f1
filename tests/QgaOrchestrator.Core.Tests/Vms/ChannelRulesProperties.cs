using CsCheck;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>What holds for a channel whatever happens to it, in whatever order.</summary>
public class ChannelRulesProperties
{
    private enum Event
    {
        Submit,
        SubmitThaw,
        Opened,
        OpenFailed,
        Answered,
        AnsweredLost,
        LinkLost,
        Reserve,
        Adopt,
        Confirmed,
        NotConfirmed,
        Unreserve,
        Release,
        SubmitRealThaw,
        SyncEnded,
        SyncLost,
        Withdraw,
        PortOpen,
        PortClosed,
        Quarantine,
        Heal,
        Woken,
    }

    private static readonly Gen<(bool Holds, (Event Event, int Ms)[] Events)> Story =
        Gen.Select(Gen.Bool, Gen.Select(Gen.Enum<Event>(), Gen.Int[0, 700]).Array[0, 80]);

    [Fact]
    public void Every_ticket_is_sent_or_refused_exactly_once_or_still_waits() =>
        Each((channel, submitted) =>
        {
            var told = channel.Sent.Concat(channel.Refused.Select(r => r.Item1)).ToList();
            Assert.Equal(told.Distinct(), told);
            var waiting = channel.State.Queue.Concat(channel.State.ThawLane).Select(w => w.Ticket);
            Assert.Equal(submitted.Except(channel.Withdrawn).Order(), told.Concat(waiting).Order());
        });

    [Fact]
    public void Each_waiting_command_has_a_timer_no_later_than_its_limit() =>
        Each((channel, _) =>
        {
            var waiting = channel.State.Queue.Concat(channel.State.ThawLane).Select(w => w.Deadline.Monotonic).ToList();
            if (waiting.Count == 0) return;
            var alarm = Assert.Single(channel.Last.OfType<ChannelEffect.WakeAt>());
            Assert.True(alarm.At.Monotonic <= waiting.Min());
        });

    [Fact]
    public void A_channel_has_at_most_one_command_under_way() =>
        Each((channel, _) =>
        {
            var begun = channel.Last.Count(e => e is ChannelEffect.Send or ChannelEffect.Open or ChannelEffect.Confirm);
            Assert.InRange(begun, 0, 1);
            Assert.Equal(channel.State.Queue.Count(), channel.State.Waiting);
            Assert.InRange(channel.State.Waiting, 0, Channel.QueueLimit);
        });

    [Fact]
    public void A_command_has_at_most_one_sync_behind_it_and_nothing_goes_out_before_its_reply() =>
        Each((channel, _) =>
        {
            Assert.Equal(channel.Followed.Distinct(), channel.Followed);
            if (
                channel.State.Link is ChannelLink.Flushing or ChannelLink.Busy { Behind: not SyncBehind.None }
                && channel.Last.OfType<ChannelEffect.Send>().Any()
            )
                Assert.Fail($"sent in {channel.State.Link}");
        });

    [Fact]
    public void A_thaw_that_waits_behind_a_command_has_a_limit_not_before_the_commands_own() =>
        Each((channel, _) =>
        {
            if (channel.State.Link is ChannelLink.Busy busy)
                Assert.All(
                    channel.State.ThawLane.Where(w => w.Thaws), w => Assert.True(w.Deadline.Monotonic >= busy.Until.Monotonic));
        });

    [Fact]
    public void Nothing_is_sent_while_a_window_has_the_channel() =>
        Each((channel, _) =>
        {
            if (channel.State.Reserved)
                Assert.DoesNotContain(channel.Last, e =>
                    e is ChannelEffect.Send or ChannelEffect.Open or ChannelEffect.Close or ChannelEffect.Follow
                );
        }
        );

    [Fact]
    public void In_quarantine_only_the_thaw_lane_is_sent() =>
        Each((channel, _) =>
        {
            if (channel.State.Quarantined)
                Assert.All(channel.Last.OfType<ChannelEffect.Send>(), sent => Assert.True(sent.Ticket >= FirstThaw));
        });

    [Fact]
    public void The_back_off_stays_within_a_quarter_of_1_s_doubling_to_60_s() =>
        Gen.Select(Gen.String, Gen.Int[1, 1_000_000]).Sample((vm, failures) =>
        {
            var middle = Math.Min(60, Math.Pow(2, Math.Min(failures, 10) - 1));
            Assert.InRange(ChannelRules.NextProbeAfter(vm, failures).TotalSeconds, middle * 0.75, middle * 1.25);
        });

    private const long FirstThaw = 1_000;

    private static void Each(Action<ChannelRun, List<long>> check) =>
        Story.Sample(story =>
        {
            var channel = new ChannelRun(story.Holds);
            var submitted = new List<long>();
            foreach (var (happened, ms) in story.Events)
            {
                channel.Step(channel.Now + ms, Input(happened, channel, submitted));
                check(channel, submitted);
            }
        }, iter: 700);

    private static ChannelInput Input(Event happened, ChannelRun channel, List<long> submitted)
    {
        var window = channel.State.ReservedFor ?? "w1";
        var busy = channel.State.Link switch { ChannelLink.Busy b => b.Ticket, ChannelLink.Flushing f => f.Ticket, _ => 0 };
        return happened switch
        {
            Event.Submit => Submit(submitted.Count),
            Event.SubmitThaw => Submit(FirstThaw + submitted.Count, thaw: true),
            Event.SubmitRealThaw => Submit(FirstThaw + submitted.Count, thaw: true, thaws: true),
            Event.SyncEnded => new ChannelInput.SyncEnded(busy, true),
            Event.SyncLost => new ChannelInput.SyncEnded(busy, false),
            Event.Unreserve => new ChannelInput.Unreserve("w1"),
            Event.Withdraw => Withdraw(channel.State.Queue.FirstOrDefault()?.Ticket ?? -1),
            Event.Opened => new ChannelInput.Opened(),
            Event.OpenFailed => new ChannelInput.OpenFailed("no socket"),
            Event.Answered => new ChannelInput.Answered(busy, true),
            Event.AnsweredLost => new ChannelInput.Answered(busy, false, "no reply"),
            Event.LinkLost => new ChannelInput.LinkLost("closed"),
            Event.Reserve => new ChannelInput.Reserve("w1"),
            Event.Adopt => new ChannelInput.Adopted("w0"),
            Event.Confirmed => new ChannelInput.Confirmed(true),
            Event.NotConfirmed => new ChannelInput.Confirmed(false, "silence"),
            Event.Release => new ChannelInput.Release(window, true),
            Event.PortOpen => new ChannelInput.PortChanged(true),
            Event.PortClosed => new ChannelInput.PortChanged(false),
            Event.Quarantine => new ChannelInput.Quarantine(true),
            Event.Heal => new ChannelInput.Quarantine(false),
            _ => new ChannelInput.Woken(),
        };

        ChannelInput Submit(long ticket, bool thaw = false, bool thaws = false)
        {
            submitted.Add(ticket);
            return new ChannelInput.Submitted(ticket, Clock.At(channel.Now + 2000), thaw) { Thaws = thaws };
        }

        ChannelInput Withdraw(long ticket)
        {
            channel.Withdrawn.Add(ticket);
            return new ChannelInput.Withdrawn(ticket);
        }
    }
}
