using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Ollama.Backends;

namespace OllamaProxy.Tests.Ollama;

/// <summary>What is believed about how a model is loaded, by what ran on it and by what <c>/api/ps</c> says.</summary>
public sealed class ModelLoadTests
{
    private readonly ModelInventory _models = new(new FakeTimeProvider());

    private ModelLoad Load => _models.AddTo(new("x", 1)).Loads["a:latest"];

    [Theory]
    // Nobody knows: it may be loaded so.
    [InlineData(null, null, "num_ctx=8192", true)]
    [InlineData(null, 8192L, "num_ctx=8192", true)]
    [InlineData(null, 4096L, "num_ctx=8192", false)]
    [InlineData(null, 4096L, "", true)]
    // What ran there last tells.
    [InlineData("num_ctx=8192", null, "num_ctx=8192", true)]
    [InlineData("num_ctx=8192", 8192L, "", false)]
    [InlineData("num_ctx=8192", 8192L, "num_ctx=8192,num_gpu=1", false)]
    [InlineData("", 4096L, "num_ctx=8192", false)]
    // To ask for what Ollama chose by itself.
    [InlineData("", 4096L, "num_ctx=4096", true)]
    [InlineData("", null, "num_ctx=4096", false)]
    public void A_model_serves_the_prompts_that_need_no_other_load(string? loaded, long? context, string options, bool serves) =>
        Assert.Equal(serves, new ModelLoad(loaded, context).Serves(options));

    [Fact]
    public void A_prompt_with_other_options_loads_the_model_again_and_the_lists_from_before_are_not_believed()
    {
        _models.OnStarted(new("a:latest", "num_ctx=8192"));
        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 8192 }, _models.ColdStarts);
        Assert.Equal(new("num_ctx=8192", 8192), Load);
        var before = _models.ColdStarts;

        _models.OnStarted(new("a:latest", "num_ctx=8192"));
        Assert.Equal(before, _models.ColdStarts);
        _models.OnStarted(new("a:latest", "num_ctx=2048"));
        Assert.Equal((before + 1, new ModelLoad("num_ctx=2048", null)), (_models.ColdStarts, Load));

        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 8192 }, before);
        Assert.Equal(new("num_ctx=2048", null), Load);
        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 2048 }, before + 1);
        Assert.Equal(new("num_ctx=2048", 2048), Load);
    }

    [Fact]
    public void A_context_of_another_length_shows_that_somebody_else_has_loaded_the_model()
    {
        _models.OnStarted(new("a:latest", "num_ctx=8192"));
        // The model has no more than that; it is loaded as it was asked for all the same.
        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 4096 }, _models.ColdStarts);
        Assert.Equal(new("num_ctx=8192", 4096), Load);

        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 2048 }, _models.ColdStarts);
        Assert.Equal(new(null, 2048), Load);
    }

    [Fact]
    public void Only_its_own_load_ends_when_a_model_is_loaded_again_and_all_others_when_another_is_loaded()
    {
        _models.OnLoaded(new Dictionary<string, long?> { ["a:latest"] = 4096, ["b:latest"] = 4096 }, _models.ColdStarts);
        _models.OnStarted(new("a:latest", "num_ctx=8192"));
        Assert.Equal(["a:latest", "b:latest"], _models.AddTo(new("x", 1)).Loaded.Order());
        _models.OnStarted("c:latest");
        Assert.Equal(["c:latest"], _models.AddTo(new("x", 1)).Loaded);
    }
}
