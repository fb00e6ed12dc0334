using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Ollama;

/// <summary>What a server that is no Ollama can make this program hold.</summary>
public sealed class ListLimitTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData("/api/tags")]
    [InlineData("/api/ps")]
    [InlineData("/v1/models")]
    [InlineData("/api/version")]
    public async Task A_list_of_more_than_8_MiB_is_not_read_to_its_end(string route)
    {
        var cut = new TaskCompletionSource();
        await using var endless = await StartAsync(async context =>
        {
            if (context.Request.Path.Value != route)
            {
                await context.Response.WriteAsync("""{"version":"0.0.0","models":[],"data":[]}""", context.RequestAborted);
                return;
            }
            await context.Response.WriteAsync("{\"models\":[\"", context.RequestAborted);
            var piece = Encoding.ASCII.GetBytes(new string('x', MiB));
            try
            {
                while (!(await context.Response.BodyWriter.WriteAsync(piece, context.RequestAborted)).IsCompleted)
                {
                    // It never ends by itself.
                }
            }
            finally
            {
                cut.TrySetResult();
            }
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", endless.Urls.Single()),
            ("OLLAMA_PROXY_WORKER", "false"));

        using var answer = await proxy.Client.GetAsync(route);

        Assert.Equal(503, (int)answer.StatusCode);
        await cut.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_head_that_is_too_long_is_given_up()
    {
        await using var ollama = await StartAsync(context =>
        {
            for (var number = 0; number < 200; number++)
                context.Response.Headers[$"X-{number}"] = new string('x', 1000);
            return context.Response.WriteAsync("{}");
        });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", ollama.Urls.Single()),
            ("OLLAMA_PROXY_WORKER", "false"));
        using var answer = await proxy.Client.GetAsync("/api/tags");
        Assert.Equal(503, (int)answer.StatusCode);
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
