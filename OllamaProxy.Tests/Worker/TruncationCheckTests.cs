using OllamaProxy.Prompts;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Tests.Worker;

public sealed class TruncationCheckTests
{
    [Theory]
    // Up to Ollama 0.30: cut to the context.
    [InlineData(4096, 4096, true)]
    [InlineData(16384, 16384, true)]
    // Since 0.31: what is kept (4 tokens, and one with which the model begins), and the last half of the rest.
    [InlineData(2050, 4096, true)]
    [InlineData(2051, 4096, true)]
    [InlineData(8194, 16384, true)]
    [InlineData(4, 4, true)]
    // The longest prompt that is not cut, and others that are whole.
    [InlineData(4095, 4096, false)]
    [InlineData(2049, 4096, false)]
    [InlineData(2052, 4096, false)]
    [InlineData(2050, 16384, false)]
    [InlineData(1, 4096, false)]
    public void A_prompt_that_was_cut_has_a_number_of_tokens_that_depends_on_the_context_alone(long tokens, long context, bool isSign) =>
        Assert.Equal(isSign, TruncationCheck.IsSign(tokens, context));

    [Fact]
    public async Task The_first_prompt_that_is_cut_is_known_as_such_where_Ollama_says_in_time_how_long_the_context_is()
    {
        // The clock stands still: in time is whenever Ollama says it.
        await using var rig = await WorkerRig.StartAsync();
        var id = await rig.SubmitAsync(string.Join(' ', Enumerable.Repeat("word", 5_000)));
        _ = rig.Drain();
        Assert.Equal(2050, (await rig.WhenAsync(id, PromptStatus.Completed)).TruncatedTo);
    }
}
