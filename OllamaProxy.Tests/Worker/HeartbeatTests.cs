using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api.Streams;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>Streams on a clock that only the test moves.</summary>
public class HeartbeatTests
{
    [Theory]
    [InlineData("prompt")]
    [InlineData("queue")]
    public async Task A_stream_that_has_nothing_to_tell_says_so_every_fifteen_seconds(string which)
    {
        await using var rig = await WorkerRig.StartAsync();
        var id = await rig.SubmitAsync("waits");
        var answer = which == "queue"
            ? rig.Services.GetRequiredService<QueueStream>().FromNow(new(null, null) { IsAdmin = true, SeesAll = true })
            : rig.Services.GetRequiredService<PromptStream>().From(await rig.FindAsync(id), StreamPosition.Start);
        using var leave = new CancellationTokenSource();
        var pipe = new Pipe();
        var context = new DefaultHttpContext { RequestAborted = leave.Token };
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(pipe.Writer.AsStream()));

        var streaming = answer.ExecuteAsync(context);
        var began = await ReadUntilAsync(pipe.Reader, which == "queue" ? "event: counts" : "event: status", () => { });
        Assert.DoesNotContain(": alive", began, StringComparison.Ordinal);
        // From the beginning, and not from one to the next: the clock may be further on when a beat is read than when it was written.
        var from = rig.Time.GetUtcNow();
        for (var beats = 1; beats <= 3; beats++)
        {
            await ReadUntilAsync(pipe.Reader, ": alive\n\n", () => rig.Time.Advance(TimeSpan.FromMilliseconds(250)));
            Assert.True(rig.Time.GetUtcNow() - from >= beats * TimeSpan.FromSeconds(15));
        }

        await leave.CancelAsync();
        await streaming;
    }

    private static async Task<string> ReadUntilAsync(PipeReader reader, string end, Action waiting)
    {
        var text = new StringBuilder();
        await Eventually.True(() =>
        {
            waiting();
            while (reader.TryRead(out var read))
            {
                text.Append(Encoding.UTF8.GetString(read.Buffer));
                reader.AdvanceTo(read.Buffer.End);
            }
            return text.ToString().Contains(end, StringComparison.Ordinal);
        }, end);
        return text.ToString();
    }
}
