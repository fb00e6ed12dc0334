using System.ClientModel;
using Microsoft.Extensions.AI;
using OllamaProxy.Tests.Crash;
using OllamaProxy.Tests.Support;
using OpenAI;

// Both packages call what is about responses in the background experimental.
#pragma warning disable OPENAI001, MEAI001

namespace OllamaProxy.Tests.Clients;

/// <summary>Microsoft.Extensions.AI on OpenAI's client, with <c>AllowBackgroundResponses</c> and its continuation tokens.</summary>
public sealed class BackgroundChatTests
{
    private const string Question = "Why is the sky blue?";
    private const string Answer = $"This is the Simulator, not a language model. You asked: \"{Question}\"";

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task An_answer_is_polled_for_with_the_token_of_its_creation(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var chat = ClientOf(proxy.Client);
        var created = await chat.GetResponseAsync(Question, new ChatOptions { AllowBackgroundResponses = true });
        Assert.Equal("", created.Text);
        Assert.Equal(Answer, (await WhenEndedAsync(chat, created.ContinuationToken!)).Text);
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server))]
    [InlineData(nameof(ProxyHosts.Functions))]
    public async Task A_stream_that_was_left_goes_on_where_it_was(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var chat = ClientOf(proxy.Client);
        var options = new ChatOptions { AllowBackgroundResponses = true };
        var text = "";
        await foreach (var update in chat.GetStreamingResponseAsync(Question, options))
        {
            text += update.Text;
            options.ContinuationToken = update.ContinuationToken ?? options.ContinuationToken;
            if (text.Length > 0)
                break;
        }
        Assert.True(text.Length < Answer.Length);
        await foreach (var update in chat.GetStreamingResponseAsync([], options))
            text += update.Text;
        Assert.Equal(Answer, text);
    }

    [Fact]
    public async Task An_answer_is_there_with_its_token_after_the_program_was_killed()
    {
        await using var rig = await CrashRig.StartAsync();
        rig.Launch();
        await rig.OpenAsync();
        ReadOnlyMemory<byte> token;
        using (var chat = ClientOf(await rig.ClientAsync(), "llama3.2"))
        {
            var created = await chat.GetResponseAsync(Question, new ChatOptions { AllowBackgroundResponses = true });
            token = created.ContinuationToken!.ToBytes();
        }
        rig.Kill();
        rig.Launch();
        await rig.OpenAsync();
        using var later = ClientOf(await rig.ClientAsync(), "llama3.2");
        Assert.Equal(Answer, (await WhenEndedAsync(later, ResponseContinuationToken.FromBytes(token))).Text);
    }

    private static async Task<ChatResponse> WhenEndedAsync(IChatClient chat, ResponseContinuationToken token)
    {
        var response = await Eventually.NotNull(async () =>
            await chat.GetResponseAsync([], new ChatOptions { AllowBackgroundResponses = true, ContinuationToken = token })
                is { ContinuationToken: null } ended ? ended : null, "the answer");
        return response;
    }

    private static IChatClient ClientOf(HttpClient proxy, string model = "tiny") =>
        new OpenAIClient(new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new(proxy.BaseAddress!, "v1") })
            .GetResponsesClient().AsIChatClient(model);
}
