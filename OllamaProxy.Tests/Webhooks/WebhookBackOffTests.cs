using OllamaProxy.Callbacks;
using OllamaProxy.Webhooks;

namespace OllamaProxy.Tests.Webhooks;

public sealed class WebhookBackOffTests
{
    private static readonly DateTimeOffset Start = new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_is_tried_again_after_seconds_then_minutes_then_hours_for_a_day()
    {
        var (now, waits) = (Start, new List<TimeSpan>());
        while (WebhookBackOff.After(After(waits.Count + 1), null, now) is { } wait)
        {
            waits.Add(wait);
            now += wait;
        }
        Assert.Equal(Start.AddDays(1), now);
        Assert.InRange(waits.Count, 11, 14);
        Assert.InRange(waits[0], TimeSpan.FromSeconds(3.75), TimeSpan.FromSeconds(5));
        Assert.InRange(waits[2], TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(80));
        Assert.InRange(waits[8], TimeSpan.FromHours(3), TimeSpan.FromHours(4));
    }

    [Fact]
    public void The_receiver_can_ask_for_a_longer_wait_but_not_for_a_shorter_one_or_for_ever()
    {
        Assert.Equal(TimeSpan.FromMinutes(7), WebhookBackOff.After(After(1), TimeSpan.FromMinutes(7), Start));
        Assert.InRange(
            WebhookBackOff.After(After(3), TimeSpan.FromSeconds(1), Start)!.Value, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(80));
        Assert.InRange(
            WebhookBackOff.After(After(1), TimeSpan.FromHours(-9), Start)!.Value, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromHours(4), WebhookBackOff.After(After(1), TimeSpan.FromDays(3), Start));
    }

    private static Delivery After(int attempts) => new()
    {
        Event = "evt_1",
        Type = "prompt.completed",
        Subject = Guid.NewGuid(),
        Url = "https://example.org/",
        CreatedAt = Start,
        Attempts = attempts,
    };
}
