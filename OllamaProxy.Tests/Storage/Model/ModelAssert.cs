using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Tests.Storage.Model;

/// <summary>Holds what a store shows of a prompt against what its model says.</summary>
internal static class ModelAssert
{
    public static void Change(ModelPrompt prompt, bool isThere, bool allowed, ChangeResult change)
    {
        Assert.Equal(allowed, change.Allowed);
        Shown(isThere ? prompt : null, change.Prompt);
    }

    public static void Shown(ModelPrompt? expected, Prompt? actual) => Assert.Equal(
        WithoutPast(expected?.Shown),
        WithoutPast(expected?.Shown.Error == ModelPrompt.SomeError && actual?.Error is not null
            ? actual with { Error = ModelPrompt.SomeError } : actual));

    /// <summary>That an attempt was due before the last change matters to nobody.</summary>
    private static Prompt? WithoutPast(Prompt? prompt) =>
        prompt?.AvailableAt <= prompt?.UpdatedAt ? prompt! with { AvailableAt = null } : prompt;

    /// <summary>The store lists and counts as many prompts of an owner as the model has.</summary>
    public static async Task CountedAsync(string owner, StoreModel model, IPromptStore store)
    {
        var count = model.Prompts.Count(prompt => prompt.Shown.Owner == owner);
        Assert.Equal(count, (await store.ListAsync(new(1, 1) { Owner = owner }, default)).Total);
        Assert.Equal(count, (await store.CountAsync(null, owner, default)).Values.Sum());
    }
}
