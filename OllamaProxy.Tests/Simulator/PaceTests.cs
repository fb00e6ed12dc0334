using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

public sealed class PaceTests : SimulatorTest
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    private readonly SteppedTime _time;

    public PaceTests() : this(new SteppedTime())
    {
    }

    private PaceTests(SteppedTime time) : base(new() { Latency = TimeSpan.FromSeconds(3), TokensPerSecond = 2, Time = time }) =>
        _time = time;

    [Fact]
    public async Task No_token_comes_before_its_time()
    {
        var answer = PostAsync("/api/generate", """{"model":"tiny","prompt":"hello","options":{"simulator_tokens":3}}""");
        await AdvanceAsync(TimeSpan.FromSeconds(3), answer);
        using var response = await answer;
        using var lines = await LinesAsync(response);

        Assert.Equal(3.0, SecondsOf(await lines.ReadLineAsync(Patience)));
        foreach (var due in new[] { 3.5, 4.0 })
        {
            var line = lines.ReadLineAsync(Patience).AsTask();
            await AdvanceAsync(TimeSpan.FromSeconds(0.5), line);
            Assert.Equal(due, SecondsOf(await line));
        }

        var end = JsonElement.Parse((await lines.ReadLineAsync(Patience))!);
        Assert.Equal(
            (4_000_000_000, 3_000_000_000, 1_000_000_000),
            (Nanoseconds(end, "total_duration"), Nanoseconds(end, "prompt_eval_duration"), Nanoseconds(end, "eval_duration")));
    }

    [Fact]
    public async Task An_answer_that_does_not_stream_comes_when_its_last_token_is_due()
    {
        var answer = PostAsync("/api/generate", """{"model":"tiny","prompt":"hello","stream":false,"options":{"simulator_tokens":2}}""");
        await AdvanceAsync(TimeSpan.FromSeconds(3), answer);
        await AdvanceAsync(TimeSpan.FromSeconds(0.5), answer);
        using var response = await answer;
        Assert.Equal(3.5, SecondsOf(await response.Content.ReadAsStringAsync(Patience)));
    }

    [Fact]
    public async Task Tokens_that_are_late_do_not_delay_those_after_them()
    {
        var answer = PostAsync("/api/generate", """{"model":"tiny","prompt":"hello","options":{"simulator_tokens":6}}""");
        await AdvanceAsync(TimeSpan.FromSeconds(3), answer);
        using var response = await answer;
        await _time.NextTimerAsync(Patience);
        _time.Advance(TimeSpan.FromSeconds(2.1));
        var rest = response.Content.ReadAsStringAsync(Patience);
        await AdvanceAsync(TimeSpan.FromSeconds(0.4), rest);
        var lines = (await rest).TrimEnd().Split('\n');
        Assert.Equal([3.0, 5.1, 5.1, 5.1, 5.1, 5.5, 5.5], lines.Select(SecondsOf));
    }

    [Fact]
    public async Task A_request_tells_when_it_came_and_when_it_ended()
    {
        var came = _time.GetTimestamp();
        var answer = PostAsync("/api/generate", """{"model":"tiny","prompt":"hello","options":{"simulator_tokens":1}}""");
        await Ollama.Requests.WaitForAsync(1, Patience);
        var request = Assert.Single(Ollama.Requests.All);
        Assert.Equal((came, 0), (request.ReceivedAt, request.EndedAt));
        await AdvanceAsync(TimeSpan.FromSeconds(3), answer);
        (await answer).Dispose();
        await request.Ended;
        Assert.Equal(TimeSpan.FromSeconds(3), _time.GetElapsedTime(came, request.EndedAt));
    }

    /// <summary>Advances once the answer waits, in two steps: an answer that is written too early says so in its time.</summary>
    private async Task AdvanceAsync(TimeSpan due, Task answer)
    {
        await _time.NextTimerAsync(Patience);
        _time.Advance(due - Instant);
        Assert.False(answer.IsCompleted);
        _time.Advance(Instant);
    }

    private static double SecondsOf(string? line) =>
        (JsonElement.Parse(line!).GetProperty("created_at").GetDateTimeOffset() - SteppedTime.Start).TotalSeconds;

    private static long Nanoseconds(JsonElement end, string name) => end.GetProperty(name).GetInt64();
}
