namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>A test that needs <see cref="UnprivilegedServer"/>.</summary>
internal sealed class UnprivilegedFactAttribute : FactAttribute
{
    public UnprivilegedFactAttribute()
    {
        if (!UnprivilegedServer.CanRun)
            Skip = "Needs to be root, and setpriv, to run as somebody else.";
    }
}
